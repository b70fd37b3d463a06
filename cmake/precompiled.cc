// The one file that compiles the precompiled header.
