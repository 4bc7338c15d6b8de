"""What the application's own metrics say: read from a Prometheus, or scraped from the targets' pods."""
