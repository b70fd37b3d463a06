"""Parts of tools/import_contract and tools/generate_contract."""
