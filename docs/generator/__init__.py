"""The pages that say what the code says: written from it, compared with it by a test."""
