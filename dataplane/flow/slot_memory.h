// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace mimir::flow {

/// Zeroed, page-aligned memory of a fixed size, backed by transparent huge pages
/// where the machine has them. Owns it.
///
/// Threads: none. Cost: pages cost nothing until they are touched.
class SlotMemory {
 public:
  explicit SlotMemory(std::size_t bytes) noexcept;
  ~SlotMemory();
  SlotMemory(const SlotMemory&) = delete;
  SlotMemory& operator=(const SlotMemory&) = delete;
  SlotMemory(SlotMemory&& other) noexcept;
  SlotMemory& operator=(SlotMemory&& other) noexcept;

  /// Null if the memory could not be had.
  [[nodiscard]] void* data() const noexcept { return data_; }

 private:
  void* data_;
  std::size_t bytes_;
};

}  // namespace mimir::flow
