// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace mimir::controlplane {

/// Lines that wait on disk until somebody has taken them, first in, first out.
///
/// A folder holds segments, which are JSON lines as they came (NUMBER.jsonl, appended to,
/// removed as a whole once read), `position`, up to where they were taken, and `lock`, so
/// that no two processes share it. append() returns after fdatasync(2): what it stored
/// outlives the process and the machine. `position` is written without: after a crash some
/// lines may be given again, none is left out. A line torn by a crash has no end, was never
/// acknowledged, and is cut off when the folder is opened.
///
/// What does not fit in `bytes_max` is refused and what is there stays: only what nobody
/// was promised is lost.
///
/// Threads: any; counts are read without waiting for the disk.
class Spool {
 public:
  /// Null, with the reason in `fault`. The folder's parent must exist.
  [[nodiscard]] static std::unique_ptr<Spool> open(const std::string& folder,
                                                   std::uint64_t bytes_max, std::string& fault);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  struct Stored {
    std::size_t stored = 0;
    std::size_t full = 0;    ///< refused: there is no room
    std::size_t failed = 0;  ///< refused: the disk takes nothing
    bool is_synced = true;   ///< else what is stored outlives the process, perhaps not the machine
  };
  /// REQUIRES: no line has a newline in it.
  Stored append(std::span<const std::string> lines);

  /// The oldest lines, at most so many; they stay until pop().
  [[nodiscard]] std::vector<std::string> front(std::size_t count_max);
  /// The first `count` of what front() gave last are done with.
  void pop(std::size_t count);

  [[nodiscard]] std::uint64_t waiting_lines() const { return waiting_lines_; }
  [[nodiscard]] std::uint64_t waiting_bytes() const { return waiting_bytes_; }
  /// Lines that were there when it was opened.
  [[nodiscard]] std::uint64_t found_lines() const { return found_lines_; }

 private:
  struct Segment {
    std::uint64_t number = 0;
    std::uint64_t bytes = 0;
  };

  Spool(std::string folder, std::uint64_t bytes_max);

  [[nodiscard]] bool read_folder(std::string& fault);
  void read_position();
  void write_position() const;
  [[nodiscard]] bool open_tail();
  void leave_read_segments();
  [[nodiscard]] bool write_line(const std::string& line);
  [[nodiscard]] std::string path_of(std::uint64_t number) const;

  std::string folder_;
  std::uint64_t bytes_max_;
  std::uint64_t segment_bytes_max_;
  std::mutex mutex_;
  std::deque<Segment> segments_;  ///< the last is written to
  std::uint64_t next_number_ = 1;
  std::uint64_t read_offset_ = 0;  ///< in the first
  std::vector<std::size_t> given_bytes_;
  int lock_file_ = -1;
  int position_file_ = -1;
  int tail_file_ = -1;
  std::atomic<std::uint64_t> waiting_lines_{0};
  std::atomic<std::uint64_t> waiting_bytes_{0};
  std::uint64_t found_lines_ = 0;
};

}  // namespace mimir::controlplane
