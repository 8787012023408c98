"""Data re-uploading circuits of Ito et al. 2025 and Sagingalieva et al. 2023."""
