"""Questions to a language model behind an OpenAI-compatible server: asked once, checked, cached, counted."""
