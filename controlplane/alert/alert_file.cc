// SPDX-License-Identifier: Apache-2.0
#include "controlplane/alert/alert_file.h"

#include <cerrno>
#include <cstring>

namespace mimir::controlplane {

std::optional<AlertFile> AlertFile::open(const std::string& path,
                                         config::Diagnostics& diagnostics) {
  if (path == "-") return AlertFile(stdout);
  std::FILE* const file = std::fopen(path.c_str(), "ae");
  if (file != nullptr) return AlertFile(file);
  diagnostics.error({.file = path},
                    std::string("alerts cannot be written: ") + std::strerror(errno),
                    "does the folder exist, and may this user write there?");
  return std::nullopt;
}

void AlertFile::write(const config::Json& alert) {
  const std::string line = config::to_text(alert) + '\n';
  const bool is_written = std::fwrite(line.data(), 1, line.size(), file_.get()) == line.size() &&
                          std::fflush(file_.get()) == 0;
  ++(is_written ? written_ : lost_);
}

}  // namespace mimir::controlplane
