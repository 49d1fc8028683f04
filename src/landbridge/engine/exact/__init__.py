"""Problems small enough to be closed exactly."""
