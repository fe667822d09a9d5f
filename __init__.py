"""foveal gives Keras attention that you can see, steer and serve.

`foveal.layers` says how a model attends, `foveal.datasets` what it learns from, `foveal.focus`
what its attention tells, and `foveal.pipelines` holds the applications that put them together.
"""

__version__ = "0.2.0"
