// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/slot_memory.h"

#include <sys/mman.h>
#include <utility>

namespace mimir::flow {

SlotMemory::SlotMemory(std::size_t bytes) noexcept : data_(nullptr), bytes_(bytes) {
  void* const mapped =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return;
  // Advice only: a kernel without huge pages says no, and small ones serve.
  (void)madvise(mapped, bytes, MADV_HUGEPAGE);
  data_ = mapped;
}

SlotMemory::~SlotMemory() {
  if (data_ != nullptr) (void)munmap(data_, bytes_);
}

SlotMemory::SlotMemory(SlotMemory&& other) noexcept : data_(other.data_), bytes_(other.bytes_) {
  other.data_ = nullptr;
}

SlotMemory& SlotMemory::operator=(SlotMemory&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

}  // namespace mimir::flow
