"""The built-in 3D studio: body, mesh, scene, picture."""
