// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace mimir::test {

/// A file of these bytes that has a path and lies in memory; gone with its owner.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::span<const std::byte> bytes)
      : file_(memfd_create("mimir-test", MFD_CLOEXEC)),
        path_("/proc/self/fd/" + std::to_string(file_)) {
    set(bytes);
  }
  ~TemporaryFile() { close(file_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// False if the bytes could not be written.
  bool set(std::span<const std::byte> bytes) {
    const auto size = static_cast<off_t>(bytes.size());
    return ftruncate(file_, size) == 0 && pwrite(file_, bytes.data(), bytes.size(), 0) == size;
  }

  [[nodiscard]] const char* path() const { return path_.c_str(); }

 private:
  int file_;
  std::string path_;
};

}  // namespace mimir::test
