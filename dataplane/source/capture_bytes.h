// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "dataplane/source/capture_fault.h"

namespace mimir::source {

/// How much of a compressed capture is unpacked.
enum class Extent : std::uint8_t {
  kWhole,
  kBeginning,  ///< the first kBeginningBytes, enough to see what it is and when it begins
};

/// The bytes of one capture in memory: a file, mapped; or standard input, read to its
/// end. What is compressed with gzip or zstd, which its first bytes tell, is unpacked.
///
/// Memory: the page cache's, but for what is read from a pipe and what is unpacked:
/// each at most kHeldBytesMax and half of what the machine has, and no more than
/// there is of it. Of a mapped file, the process holds what its readers have not left
/// behind, in steps. A file must not be shortened while it is read.
///
/// Threads: immutable once opened; leave_behind() from any reader.
class CaptureBytes {
 public:
  static constexpr std::size_t kHeldBytesMax = std::size_t{8} << 30;
  static constexpr std::size_t kBeginningBytes = std::size_t{1} << 20;
  static constexpr std::size_t kStepBytes = std::size_t{64} << 20;
  static constexpr std::size_t kStepsHeldMax = 4;

  CaptureBytes() = default;
  ~CaptureBytes() { release(); }
  CaptureBytes(const CaptureBytes&) = delete;
  CaptureBytes& operator=(const CaptureBytes&) = delete;

  /// kNone, or why there is nothing to read. Call one of them, once.
  [[nodiscard]] CaptureState open(const char* path, Extent extent) noexcept;
  /// A pipe is emptied by it; a regular file is mapped.
  [[nodiscard]] CaptureState open_standard_input() noexcept;

  [[nodiscard]] std::span<const std::byte> get() const noexcept { return {bytes_, size_bytes_}; }
  /// One of `reader_count` readers is through with the step `step`. Once all are, or one is
  /// kStepsHeldMax further, the process gives its pages back; who looks there again reads the
  /// same bytes, at the price of the page cache. Of what is not a mapped file nothing is given
  /// back.
  void leave_behind(std::size_t step, std::size_t reader_count) const noexcept;

  /// A compressed capture is cut or corrupt: this is what comes before that.
  [[nodiscard]] bool is_damaged() const noexcept { return is_damaged_; }
  /// There is more than Extent::kBeginning let in.
  [[nodiscard]] bool is_beginning_only() const noexcept { return is_beginning_only_; }

 private:
  [[nodiscard]] CaptureState map(int file, std::size_t size_bytes) noexcept;
  [[nodiscard]] CaptureState read_to_end(int file) noexcept;
  [[nodiscard]] CaptureState unpack(Extent extent) noexcept;
  void keep(std::byte* room, std::size_t room_bytes, std::size_t used_bytes) noexcept;
  void give_back(std::size_t step) const noexcept;
  void release() noexcept;

  const std::byte* bytes_ = nullptr;
  std::size_t size_bytes_ = 0;
  /// By step, how many readers have left it; null unless the bytes are those of a file.
  std::unique_ptr<std::atomic<std::uint32_t>[]> left_;
  bool is_damaged_ = false;
  bool is_beginning_only_ = false;
};

}  // namespace mimir::source
