"""What stands around an integration, reached within bounds: images, buckets, databases, receivers, health documents."""
