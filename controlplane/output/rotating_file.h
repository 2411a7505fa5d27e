// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "config/diagnostic.h"

namespace mimir::controlplane {

struct RotationOptions {
  std::uint64_t bytes_max = 0;   ///< of a file; 0: it is never rotated
  std::uint32_t file_count = 1;  ///< that are kept, the one written to among them
};

/// A file that lines are appended to, or standard output; each is written out at once.
///
/// Before a line would make it longer than `bytes_max` the file is renamed to PATH.1, that
/// one to PATH.2 and so on, and the oldest goes. What is no regular file is never rotated.
///
/// Threads: write() has one; the counts are for any.
class RotatingFile {
 public:
  /// "-" is standard output. Null, and an error, if it cannot be opened.
  [[nodiscard]] static std::unique_ptr<RotatingFile> open(const std::string& path,
                                                          RotationOptions options,
                                                          config::Diagnostics& diagnostics);
  ~RotatingFile();
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  /// A line that could not be written is counted, not retried.
  void write(const std::string& line);
  /// Opens the path anew, whatever was renamed; keeps the old file if that fails.
  void reopen();

  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  RotatingFile(std::string path, RotationOptions options)
      : path_(std::move(path)), options_(options) {}

  [[nodiscard]] bool open_file();
  void rotate();

  std::string path_;
  RotationOptions options_;
  int file_ = -1;
  bool is_regular_ = false;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> lost_{0};
};

}  // namespace mimir::controlplane
