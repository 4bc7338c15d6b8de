# The operator's image: docker build -t ideogram-operator:0.1.0 .
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
# The build backend first, with the versions and hashes that the development environment has, and nothing else of it.
COPY requirements/ requirements/
RUN awk '/^[^ ]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } wanted' \
      requirements/dev.lock > requirements/build.lock \
 && python -m venv backend \
 && backend/bin/pip install --require-hashes -r requirements/build.lock
RUN python -m venv --without-pip /opt/ideogram-operator \
 && backend/bin/pip --python /opt/ideogram-operator install --require-hashes -r requirements/run.lock
COPY pyproject.toml README.md LICENSE ./
COPY operator/ operator/
RUN backend/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
 && backend/bin/pip --python /opt/ideogram-operator install --no-deps --no-index dist/*.whl \
 && /opt/ideogram-operator/bin/python -m compileall -q /opt/ideogram-operator

FROM python:3.13-slim
COPY --from=build /opt/ideogram-operator /opt/ideogram-operator
ENV PATH=/opt/ideogram-operator/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# By number: Kubernetes refuses runAsNonRoot for a user it cannot tell from root.
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["ideogram-operator"]
CMD ["run"]
