// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "config/diagnostic.h"
#include "model/entity/entity_map.h"

namespace mimir::controlplane {

/// Appends what changes in a cluster to an entity log (model/entity/entity_log.h), which
/// training and every other command read. One log goes on over any number of runs: a run
/// begins with what differs from the end of the one before. A log that was moved away
/// (logrotate) is begun anew with all there is. Mode 0640.
///
/// Threads: one owner.
class EntityRecorder {
 public:
  /// Reads what the log has; nothing is written before the first record(). Null, with the
  /// fault reported, if the file is there and is no entity log, or could not be written.
  [[nodiscard]] static std::unique_ptr<EntityRecorder> open(const std::string& path,
                                                            config::Diagnostics& diagnostics);

  /// What the log says is there, as of its end.
  [[nodiscard]] const std::vector<entity::Event>& known() const { return known_; }

  /// Writes `changes`, which led to `state`. The first call writes what leads from the end of
  /// the log to `state` instead, at `now_ns`.
  void record(std::span<const entity::Event> changes, std::span<const entity::Event> state,
              TimeNs now_ns);

  /// Changes that could not be written, since the start.
  [[nodiscard]] std::uint64_t lost() const { return lost_; }

 private:
  explicit EntityRecorder(std::string path);

  [[nodiscard]] bool reopen();
  [[nodiscard]] bool was_moved() const;
  void write(std::vector<entity::Event> events);

  struct CloseFile {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
  };
  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::uint64_t known_bytes_ = 0;  ///< of whole lines, when it was read
  std::vector<entity::Event> known_;
  TimeNs last_ns_;  ///< of the log: its times never descend
  bool has_begun_ = false;
  std::uint64_t lost_ = 0;
};

}  // namespace mimir::controlplane
