// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "controlplane/alert/alert.h"

namespace mimir::controlplane {

/// Where alerts go: a file they are appended to, or standard output; one JSON
/// object a line, written out at once.
///
/// Threads: one owner.
class AlertFile {
 public:
  /// "-" is standard output. Nothing, and an error, if it cannot be opened.
  [[nodiscard]] static std::optional<AlertFile> open(const std::string& path,
                                                     config::Diagnostics& diagnostics);

  /// A line that could not be written is counted, not retried.
  void write(const config::Json& alert);

  [[nodiscard]] std::uint64_t written() const { return written_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdout) (void)std::fclose(file);
    }
  };
  explicit AlertFile(std::FILE* file) : file_(file) {}

  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t written_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace mimir::controlplane
