// SPDX-License-Identifier: Apache-2.0
#include "controlplane/output/rotating_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "controlplane/output/file_mode.h"

namespace mimir::controlplane {

namespace {

constexpr std::string_view kStandardOutput = "-";

}  // namespace

RotatingFile::~RotatingFile() {
  if (file_ >= 0 && path_ != kStandardOutput) (void)close(file_);
}

std::unique_ptr<RotatingFile> RotatingFile::open(const std::string& path, RotationOptions options,
                                                 config::Diagnostics& diagnostics) {
  std::unique_ptr<RotatingFile> file(new RotatingFile(path, options));
  if (file->open_file()) return file;
  diagnostics.error({.file = path},
                    std::string("alerts cannot be written: ") + std::strerror(errno),
                    "does the folder exist, and may this user write there?");
  return nullptr;
}

bool RotatingFile::open_file() {
  if (path_ == kStandardOutput) {
    file_ = STDOUT_FILENO;
    return true;
  }
  const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kFileMode);
  if (file < 0) return false;
  if (file_ >= 0) (void)close(file_);
  file_ = file;
  struct stat status {};
  is_regular_ = fstat(file_, &status) == 0 && S_ISREG(status.st_mode);
  return true;
}

void RotatingFile::reopen() { (void)open_file(); }

// Whatever cannot be renamed, nothing is lost: the file just grows.
void RotatingFile::rotate() {
  if (options_.file_count <= 1) {
    if (unlink(path_.c_str()) != 0) return;
  } else {
    for (std::uint32_t i = options_.file_count - 1; i > 1; --i) {
      const std::string from = path_ + '.' + std::to_string(i - 1);
      (void)std::rename(from.c_str(), (path_ + '.' + std::to_string(i)).c_str());
    }
    if (std::rename(path_.c_str(), (path_ + ".1").c_str()) != 0) return;
  }
  (void)open_file();
}

// Half a line would spoil the next one too: of what the disk takes in part nothing stays.
void RotatingFile::write(const std::string& line) {
  const std::string text = line + '\n';
  // Asked each time: somebody else may have cut it.
  off_t bytes = is_regular_ ? lseek(file_, 0, SEEK_END) : 0;
  if (options_.bytes_max > 0 && bytes > 0 &&
      static_cast<std::uint64_t>(bytes) + text.size() > options_.bytes_max) {
    rotate();
    bytes = lseek(file_, 0, SEEK_END);
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t put = ::write(file_, rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  if (rest.empty()) {
    ++written_;
    return;
  }
  if (is_regular_ && bytes >= 0) (void)!ftruncate(file_, bytes);
  ++lost_;
}

}  // namespace mimir::controlplane
