// SPDX-License-Identifier: Apache-2.0
#include "controlplane/entities/entity_recorder.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <limits>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "model/entity/entity_log.h"
#include "model/entity/history.h"

namespace mimir::controlplane {

namespace {

constexpr mode_t kMode = 0640;
constexpr TimeNs kBeforeAll = std::numeric_limits<TimeNs>::min();

}  // namespace

EntityRecorder::EntityRecorder(std::string path) : path_(std::move(path)), last_ns_(kBeforeAll) {}

std::unique_ptr<EntityRecorder> EntityRecorder::open(const std::string& path,
                                                     config::Diagnostics& diagnostics) {
  std::unique_ptr<EntityRecorder> recorder(new EntityRecorder(path));
  std::ifstream old(path, std::ios::binary);
  const std::size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (access(old.is_open() ? path.c_str() : folder.c_str(), W_OK) != 0) {
    diagnostics.error({.file = path},
                      std::string("the entity log cannot be written: ") + std::strerror(errno),
                      "does the folder exist, and may this user write there?");
    return nullptr;
  }
  std::ostringstream bytes;
  if (old.is_open() && old.peek() != std::ifstream::traits_type::eof()) bytes << old.rdbuf();
  std::string text = std::move(bytes).str();
  // A run that was killed may have left half a line.
  text.resize(text.rfind('\n') + 1);
  config::Diagnostics faults;
  std::vector<entity::Event> events = entity::read_entity_log(text, path, faults);
  if (faults.has_errors()) {
    diagnostics.error({.file = path}, "this is no entity log: " + faults.all().front().message,
                      "name a file of its own in model.entity_log");
    return nullptr;
  }
  entity::sort_by_time(events);
  if (!events.empty()) recorder->last_ns_ = events.back().time_ns;
  recorder->known_ = entity::fold(events);
  recorder->known_bytes_ = text.size();
  return recorder;
}

bool EntityRecorder::reopen() {
  const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode);
  file_.reset(descriptor < 0 ? nullptr : fdopen(descriptor, "a"));
  return file_ != nullptr;
}

bool EntityRecorder::was_moved() const {
  struct stat named {};
  struct stat held {};
  return file_ == nullptr || stat(path_.c_str(), &named) != 0 ||
         fstat(fileno(file_.get()), &held) != 0 || named.st_ino != held.st_ino ||
         named.st_dev != held.st_dev;
}

void EntityRecorder::record(std::span<const entity::Event> changes,
                            std::span<const entity::Event> state, TimeNs now_ns) {
  if (file_ == nullptr && !has_begun_) {
    if (reopen()) {
      struct stat held {};
      const bool has_half_line = fstat(fileno(file_.get()), &held) == 0 &&
                                 static_cast<std::uint64_t>(held.st_size) > known_bytes_;
      if (has_half_line) (void)ftruncate(fileno(file_.get()), static_cast<off_t>(known_bytes_));
    }
    std::vector<entity::Event> made = entity::changes(known_, state, now_ns);
    for (entity::Event& event : made) event.time_ns = now_ns;
    write(std::move(made));
  } else if (was_moved()) {
    (void)reopen();
    // In the new log everything is there from its first line on.
    std::vector<entity::Event> all(state.begin(), state.end());
    for (entity::Event& event : all) event.time_ns = now_ns;
    write(std::move(all));
  } else {
    write({changes.begin(), changes.end()});
  }
  has_begun_ = true;
}

void EntityRecorder::write(std::vector<entity::Event> events) {
  std::string text;
  for (entity::Event& event : events) {
    last_ns_ = event.time_ns = std::max(event.time_ns, last_ns_);
    text += entity::to_line(event) + '\n';
  }
  const bool is_written = file_ != nullptr &&
                          std::fwrite(text.data(), 1, text.size(), file_.get()) == text.size() &&
                          std::fflush(file_.get()) == 0;
  if (!is_written) lost_ += events.size();
}

}  // namespace mimir::controlplane
