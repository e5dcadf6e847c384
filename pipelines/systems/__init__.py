"""Named compositions: the pipelines a user can select."""
