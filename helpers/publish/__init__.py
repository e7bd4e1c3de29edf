"""Makes pages from the notebooks: what is read beside them, and outside of Jupyter."""
