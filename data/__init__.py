"""Data at rest: schema, store, repositories, artifacts and media."""
