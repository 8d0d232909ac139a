import pytest
from blobs_contract import BlobsContract

from studiolo.blobs.memory import MemoryBlobs


class TestMemoryBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self):
        return MemoryBlobs()
