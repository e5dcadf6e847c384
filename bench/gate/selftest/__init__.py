"""The gate on trial: comparisons whose truth is known, and how often it got them right."""
