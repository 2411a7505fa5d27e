// SPDX-License-Identifier: Apache-2.0
#include "tools/text_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

namespace mimir::tools {

namespace {

constexpr std::streamsize kChunkBytes = 1 << 20;

std::string reading_hint(const std::string& path, std::string_view origin) {
  if (!origin.empty()) return std::string(origin);
  std::error_code ignored;
  if (std::filesystem::path(path).is_absolute()) return "is it there, and may this user read it?";
  return "a relative path begins where mimir was started, in " +
         std::filesystem::current_path(ignored).string();
}

/// Before anything is written, so that nobody reads it who could not before.
void keep_owner_and_mode(const std::string& from, const std::string& to) {
  struct stat status {};
  if (::stat(from.c_str(), &status) != 0) return;
  constexpr mode_t kPermissions = 0777;
  std::ignore = ::chown(to.c_str(), status.st_uid, status.st_gid);
  std::ignore = ::chmod(to.c_str(), status.st_mode & kPermissions);
}

}  // namespace

std::optional<std::string> read_text_file(const std::string& path, config::Diagnostics& diagnostics,
                                          std::string_view origin) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    diagnostics.error({.file = path}, "is a folder, not a file");
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    diagnostics.error({.file = path}, std::string("cannot be read: ") + std::strerror(errno),
                      reading_hint(path, origin));
    return std::nullopt;
  }
  std::string text;
  while (file) {
    const std::size_t end = text.size();
    text.resize(end + static_cast<std::size_t>(kChunkBytes));
    file.read(text.data() + end, kChunkBytes);
    text.resize(end + static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) {
    diagnostics.error({.file = path}, std::string("cannot be read: ") + std::strerror(errno));
    return std::nullopt;
  }
  return text;
}

bool write_text_file(const std::string& path, std::string_view text,
                     config::Diagnostics& diagnostics) {
  std::error_code is_new;
  const std::filesystem::path resolved = std::filesystem::canonical(path, is_new);
  const std::string target = is_new ? path : resolved.string();
  const std::string beside = target + ".part";
  std::ofstream file(beside, std::ios::binary | std::ios::trunc);
  if (!is_new) keep_owner_and_mode(target, beside);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(beside, target, error);
  if (file && !error) return true;
  diagnostics.error({.file = path},
                    std::string("cannot be written: ") +
                        (error ? error.message() : std::string(std::strerror(errno))),
                    "is there room, and may this user write there?");
  std::filesystem::remove(beside, error);
  return false;
}

}  // namespace mimir::tools
