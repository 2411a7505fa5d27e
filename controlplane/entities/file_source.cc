// SPDX-License-Identifier: Apache-2.0
#include "controlplane/entities/file_source.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <sys/stat.h>
#include <thread>
#include <utility>

#include "model/entity/entities.h"
#include "model/entity/history.h"

namespace mimir::controlplane {

FileSource::FileSource(std::string path) : path_(std::move(path)) {
  stamp_ = look().value_or(Stamp());
  last_update_ns_ = stamp_.modified_ns;
}

std::optional<FileSource::Stamp> FileSource::look() const {
  struct stat found {};
  if (stat(path_.c_str(), &found) != 0) return std::nullopt;
  return Stamp{.device = found.st_dev,
               .inode = found.st_ino,
               .bytes = static_cast<std::uint64_t>(found.st_size),
               .modified_ns = found.st_mtim.tv_sec * kNsPerSecond + found.st_mtim.tv_nsec};
}

void FileSource::wait(std::chrono::milliseconds duration) { std::this_thread::sleep_for(duration); }

std::optional<std::vector<entity::Event>> FileSource::take(TimeNs now_ns) {
  // A clock that was set back must not make the wait longer.
  if (now_ns < next_look_ns_ && next_look_ns_ - now_ns <= kIntervalNs) return std::nullopt;
  next_look_ns_ = now_ns + kIntervalNs;
  const std::optional<Stamp> stamp = look();
  if (!stamp) {
    if (stamp_ != Stamp()) fail(std::strerror(errno));
    stamp_ = Stamp();
    return std::nullopt;
  }
  if (*stamp == stamp_) return std::nullopt;
  stamp_ = *stamp;
  return read(now_ns);
}

std::optional<std::vector<entity::Event>> FileSource::read(TimeNs now_ns) {
  if (stamp_.bytes > kBytesMax) {
    fail("it is larger than 256 MB");
    return std::nullopt;
  }
  std::ifstream file(path_, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  if (!file.is_open() || bytes.bad()) {
    fail("it cannot be read");
    return std::nullopt;
  }
  const std::string text = std::move(bytes).str();
  config::Diagnostics faults;
  std::vector<entity::Event> events = entity::read_entities(text, path_, now_ns, faults);
  if (faults.has_errors() && !text.ends_with('\n')) {
    // The writer may be in the middle of a line.
    const std::string_view whole = std::string_view(text).substr(0, text.rfind('\n') + 1);
    config::Diagnostics without_last;
    auto earlier = entity::read_entities(whole, path_, now_ns, without_last);
    if (!without_last.has_errors()) {
      faults = {};
      events = std::move(earlier);
    }
  }
  if (faults.has_errors()) {
    fail(faults.all().front().message);
    return std::nullopt;
  }
  entity::sort_by_time(events);
  std::vector<entity::Event> there = entity::fold(events);
  if (there.empty()) {
    fail("it names no pod, service or node");
    return std::nullopt;
  }
  fault_.clear();
  last_update_ns_ = stamp_.modified_ns;
  return there;
}

void FileSource::fail(std::string what) {
  fault_ = path_ + ": " + std::move(what);
  ++fault_count_;
}

}  // namespace mimir::controlplane
