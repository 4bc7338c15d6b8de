"""The scenes, in order. Adding one is a function and a line in ``SCENES``."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ideogram_operator.resource.words import DRILL_ANNOTATION, PREFLIGHT_ANNOTATION
from lab.demo.kubectl import essence, folded
from lab.demo.play import Play
from lab.demo.sight import Sight
from lab.demo.stage import SHOP
from lab.kube import Json

NEW_IMAGE: Final = "python:3.14-alpine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One scene: what it is called, and how it goes."""

    title: str
    play: Callable[[Play], None]

    @property
    def about(self) -> str:
        """What it shows, in a sentence."""
        return self.play.__doc__ or ""


def all_live(play: Play) -> None:
    """The integrations are applied and every application is Live."""
    play.stage.cluster.kube.apply(*play.stage.integrations)
    play.did("kubectl apply -f integrations.yaml")
    play.expect("every pod is ready and every application says enabled", lambda app: _says(app, "enabled"))
    play.expect(
        "all three are Live, and the API is Healthy", lambda app: app.state == "Live" and app.health == "Healthy"
    )
    play.baseline.update({app.name: app.told for app in play.sights})
    play.keep_screen("Before the outage", "get", "idi")


def checklist_is_carried_out(play: Play) -> None:
    """Before anything fails: a setting that an account cannot bear is found, with what to do, and seen to be mended."""
    play.expect("the checklist has been carried out for all three", lambda app: bool(app.checks))
    _set_concurrency(play, "5")
    _ask_for_preflight(play)
    play.expect(
        "concurrency: 3 pods with 5 requests each are more than the account's 8",
        lambda app: app.checks["concurrency"]["result"] == "Fail",
        of=["storefront"],
    )
    play.keep_screen("The checklist", "preflight", "storefront", plugin="ideogram", ends=(0, 1))
    _set_concurrency(play, "2")
    _ask_for_preflight(play)
    play.expect(
        "concurrency: 3 pods with 2 each are not",
        lambda app: app.checks["concurrency"]["result"] == "Pass",
        of=["storefront"],
    )
    play.expect("storefront's pods have followed both", lambda app: len(app.pods) == 3, of=["storefront"])
    _untouched(play)


def fallback_is_rehearsed(play: Play) -> None:
    """A drill: away, verified at the application's own URL, back, verified again, and recorded."""
    pods = _pods(play)["storefront"]
    token = _ask(play, DRILL_ANNOTATION)
    play.did(f"kubectl annotate idi storefront {DRILL_ANNOTATION}={token}")
    play.expect("storefront is in fallback, and says so itself", lambda app: _says(app, "disabled"), of=["storefront"])
    play.expect(
        "it is back, says so too, and the drill is recorded as Succeeded",
        lambda app: app.drill.get("result") == "Succeeded" and _says(app, "enabled"),
        of=["storefront"],
    )
    play.require("its pods were replaced; nobody else's were", not pods & _pods(play)["storefront"])
    _untouched(play)


def provider_goes_down(play: Play) -> None:
    """Nobody listens at the provider's address: each application is switched, each in its own way, in one patch."""
    pods, generation = _pods(play), _generation(play)
    play.trouble()
    play.stage.simulator.admin.fault("refused")
    play.did("the provider refuses every connection")
    _fall_back(play, "apiUnreachable")
    fresh = not pods["storefront"] & _pods(play)["storefront"]
    play.require(
        "storefront: every pod was replaced, in one patch and one rollout",
        fresh and _generation(play) == generation + 1,
    )
    play.require("gallery: its ConfigMap was changed, and no pod restarted", pods["gallery"] == _pods(play)["gallery"])
    play.keep_screen("During the outage", "get", "idi")
    play.keep_screen("During the outage", "get", "idi", "storefront", "-o", "jsonpath={.status.message}", cut=folded)


def provider_returns(play: Play) -> None:
    """The way back: the hold, enough good answers, and everything exactly as it was."""
    generation = _generation(play)
    _over(play)
    play.stage.simulator.admin.heal()
    play.did("the provider answers again")
    _come_back(play)
    play.require("storefront came back in one patch and one rollout", _generation(play) == generation + 1)
    _untouched(play)
    play.keep_screen("After the outage", "get", "idi")


def key_is_revoked(play: Play) -> None:
    """A 401, confirmed once. The new key is found in the Secret, without a restart."""
    admin = play.stage.simulator.admin
    play.trouble()
    admin.revoke(play.stage.simulator.key)
    play.did("the provider revokes the API key: 401")
    _fall_back(play, "authFailure")
    _over(play)
    _replace_key(play, admin.add_key().secret)
    play.did(f"a new key is put into Secret {SHOP}/ideogram")
    _come_back(play)
    _untouched(play)


def credit_runs_out(play: Play) -> None:
    """A 402. Topping up is enough."""
    admin = play.stage.simulator.admin
    play.trouble()
    admin.set_credit("0")
    play.did("the account's credit is gone: 402")
    _fall_back(play, "creditsExhausted")
    _over(play)
    admin.set_credit("100")
    play.did("the account is topped up with 100 USD")
    _come_back(play)
    _untouched(play)


def deploy_meanwhile(play: Play) -> None:
    """A team deploys in the middle of a fallback. Their deploy stays, the fallback stays, and only it is undone."""
    play.trouble()
    play.stage.simulator.admin.fault("status", status=503)
    play.did("the provider answers 503 to everything")
    _fall_back(play, "apiUnreachable")
    before = _pods(play)["storefront"]
    command = ("set", "image", "deployment/storefront", f"web={NEW_IMAGE}", "--field-manager=shop-pipeline")
    play.kubectl(*command)
    play.did(f"kubectl {' '.join(command)}")
    play.expect(
        "storefront: all pods are of the new image, and still say disabled",
        lambda app: _says(app, "disabled") and len(app.pods) == 3 and not before & {pod.uid for pod in app.pods},
        of=["storefront"],
    )
    play.baseline["storefront"] = _with_image(play.baseline["storefront"], NEW_IMAGE)
    _over(play)
    play.stage.simulator.admin.heal()
    play.did("the provider answers again")
    _come_back(play)
    play.require(
        f"storefront: the deploy survived, its image is {NEW_IMAGE}", NEW_IMAGE in str(play.sight("storefront").told)
    )
    _untouched(play)


def operator_is_killed(play: Play) -> None:
    """Everything it needs is in status and on the targets."""
    play.trouble()
    play.stage.simulator.admin.fault("reset")
    play.did("the provider resets every connection")
    _fall_back(play, "apiUnreachable")
    flips = {app.name: app.status["breaker"]["flips"] for app in play.sights}
    play.kill_operator()
    play.did("kill -9: the operator is gone, in the middle of the fallback")
    _over(play)
    play.stage.simulator.admin.heal()
    play.did("the provider answers again, and nobody is there to see it")
    play.expect("the applications run on as they were: disabled", lambda app: _says(app, "disabled") and app.claimed)
    play.start_operator()
    play.did("the operator is started again")
    _come_back(play)
    counted = all(app.status["breaker"]["flips"] == flips[app.name] + 1 for app in play.sights)
    play.require("nothing was forgotten: each flip is counted once", counted)
    _untouched(play)


def kubectl_tells(play: Play) -> None:
    """Whoever comes later reads it all in kubectl: each flip, what led to it, and its times."""
    for app in play.sights:
        told = play.kubectl("describe", "idi", app.name)
        turns = [turn for each in play.episodes for turn in (each.falls[app.name], each.returns[app.name])]
        times = [turn.flip[moment] for turn in turns for moment in ("at", "patched", "ready")]
        play.require(
            f"kubectl describe idi {app.name} tells its {len(turns)} flips", all(time in told for time in times)
        )
    play.keep_screen("At the end", "get", "idi", "-o", "wide")
    play.keep_screen("At the end, in short", "describe", "idi", "storefront", cut=essence)


SCENES: Final = (
    Scene(title="Three applications, all Live", play=all_live),
    Scene(title="The checklist, before anything fails", play=checklist_is_carried_out),
    Scene(title="The fallback is rehearsed", play=fallback_is_rehearsed),
    Scene(title="The provider goes down", play=provider_goes_down),
    Scene(title="The provider returns", play=provider_returns),
    Scene(title="The key is revoked, then replaced", play=key_is_revoked),
    Scene(title="Credit runs out, then is topped up", play=credit_runs_out),
    Scene(title="A deploy during a fallback", play=deploy_meanwhile),
    Scene(title="kill -9 during a fallback", play=operator_is_killed),
    Scene(title="What kubectl tells of it", play=kubectl_tells),
)


# -- what scenes have in common ---------------------------------------------------------------------------------------


def _set_concurrency(play: Play, value: str) -> None:
    command = ("set", "env", "deployment/storefront", f"IDEOGRAM_CONCURRENCY={value}")
    play.kubectl(*command)
    play.did(f"kubectl {' '.join(command)}")


def _ask_for_preflight(play: Play) -> None:
    token = _ask(play, PREFLIGHT_ANNOTATION)
    play.expect(
        "the checklist is carried out again, on request",
        lambda app: app.status["preflight"].get("lastHandledRequest") == token,
        of=["storefront"],
    )


def _ask(play: Play, annotation: str) -> str:
    """Asks the operator for something about the storefront; the annotation's new value."""
    token = f"{datetime.now(UTC):%H%M%S%f}"
    play.kubectl("annotate", "idi", "storefront", f"{annotation}={token}", "--overwrite")
    return token


def _fall_back(play: Play, trigger: str) -> None:
    play.expect(f"{trigger} fires, and all three go into Fallback", lambda app: _flipped(app, "Fallback", trigger))
    play.expect("each is told so, its pods have followed, and its own /health says disabled", _followed("disabled"))
    play.episodes[-1].falls = play.turns()


def _over(play: Play) -> None:
    play.episodes[-1].ended = datetime.now(UTC)


def _come_back(play: Play) -> None:
    play.expect("the hold is over, the API has proven itself, and all three are Live", lambda app: app.state == "Live")
    play.expect("each is told so, its pods have followed, and its own /health says enabled", _followed("enabled"))
    play.episodes[-1].returns = play.turns()


def _untouched(play: Play) -> None:
    play.expect(
        "what was switched is exactly as it was deployed, and no note is left on it",
        lambda app: app.told == play.baseline[app.name] and not app.claimed,
    )


def _says(app: Sight, word: str) -> bool:
    return app.says == word and app.pods_agree


def _followed(word: str) -> Callable[[Sight], bool]:
    return lambda app: _says(app, word) and "ready" in app.history[-1]


def _flipped(app: Sight, state: str, trigger: str) -> bool:
    return app.state == state and app.history[-1]["to"] == state and app.history[-1]["trigger"] == trigger


def _pods(play: Play) -> dict[str, set[str]]:
    return {app.name: {pod.uid for pod in app.pods} for app in play.sights}


def _generation(play: Play) -> int:
    return int(play.sight("storefront").target["metadata"]["generation"])


def _with_image(spec: Json, image: str) -> Json:
    changed = deepcopy(spec)
    changed["template"]["spec"]["containers"][0]["image"] = image
    return changed


def _replace_key(play: Play, secret: str) -> None:
    body = {"stringData": {"api-key": secret}}
    play.stage.cluster.kube.patch(f"/api/v1/namespaces/{SHOP}/secrets/ideogram", body)
