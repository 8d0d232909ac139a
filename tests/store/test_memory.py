import pytest
from store_contract import INDEXERS, StoreContract

from studiolo.store.memory import MemoryStore


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self):
        return MemoryStore(INDEXERS)
