"""One module a stage: it fills the artifact's folder and returns what its manifest shall say."""
