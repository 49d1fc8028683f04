"""The relaxation: column generation, and the bound it proves at any moment."""
