from hypothesis import settings

# A busy machine makes no example wrong.
settings.register_profile("sealbench", deadline=None)
settings.load_profile("sealbench")
