"""Pipelines for translation, sentiment analysis and image captioning: data, training, export, serving.

`python -m foveal.pipelines.translation`, `.sentiment` and `.captioning` are the command lines, and `.serving`
is that of the HTTP server. The folders `cli`, `decoding`, `evaluation`, `networks`, `saved_model`, `text` and
`training`, which the pipelines share, are private.
"""
