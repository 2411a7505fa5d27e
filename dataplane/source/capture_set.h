// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "dataplane/record/time.h"
#include "dataplane/source/capture_fault.h"
#include "dataplane/source/capture_file.h"

namespace mimir::source {

/// Captures that are read together, as one stream in the order of time: a few of
/// several interfaces, or thousands of one that was rotated.
///
/// Each is looked at once, for its first packet. From then on a file is open from
/// when the first reader gets to it until the last has left it. Standard input, which
/// cannot be read twice, and a file that is the only one are open from the start.
///
/// Threads: looking at it before the readers start and after they ended; acquire() and
/// release() from all of them. Memory: CaptureBytes's, of every file open at a time.
class CaptureSet {
 public:
  /// As a path: standard input.
  static constexpr const char* kStandardInput = "-";

  struct Part {
    std::string path;
    CaptureState opened;  ///< why nothing of it can be read, or kNone
    /// The damage at which reading it stopped, or why it could not be opened once
    /// more. Complete when all readers have ended.
    CaptureState ended;
    bool has_packet = false;
    TimeNs first_ns = 0;  ///< of its first packet
    LinkType first_link = LinkType::kEthernet;
  };

  explicit CaptureSet(const std::vector<std::string>& paths);
  ~CaptureSet();
  CaptureSet(const CaptureSet&) = delete;
  CaptureSet& operator=(const CaptureSet&) = delete;

  /// In the order given.
  [[nodiscard]] const std::vector<Part>& parts() const noexcept { return parts_; }
  /// Whether anything can be read, if only a capture without packets.
  [[nodiscard]] bool is_readable() const noexcept;
  /// Those with packets, in the order of their first ones, ties as given.
  [[nodiscard]] std::span<const std::size_t> in_time_order() const noexcept { return order_; }
  /// Of the stream's first packet; 0 and Ethernet if there is none.
  [[nodiscard]] TimeNs first_ns() const noexcept;
  [[nodiscard]] LinkType first_link() const noexcept;

  /// How many readers each file waits for, before it is closed. Call before the first acquire().
  void expect_readers(std::size_t count) noexcept { reader_count_ = count; }
  [[nodiscard]] std::size_t reader_count() const noexcept { return reader_count_; }
  /// Part `index`, open; null if it can no longer be read, which its `ended` explains.
  [[nodiscard]] const CaptureFile* acquire(std::size_t index);
  /// This reader has left it. `ended` is the same for every reader.
  void release(std::size_t index, const CaptureState& ended);

 private:
  /// A file of parts_, and who still reads it.
  struct Holder {
    std::unique_ptr<const CaptureFile> file;
    std::size_t readers_gone = 0;
  };

  void look_at(std::size_t index);
  [[nodiscard]] bool look_into(Part& part, std::unique_ptr<const CaptureFile>& file) const;

  std::vector<Part> parts_;
  std::vector<Holder> holders_;
  std::vector<std::size_t> order_;
  std::size_t reader_count_ = 1;
  std::mutex mutex_;
};

}  // namespace mimir::source
