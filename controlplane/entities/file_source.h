// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "controlplane/entities/entity_source.h"
#include "dataplane/record/time.h"

namespace mimir::controlplane {

/// A file of entities that somebody else writes: an entity log that grows, or any form that
/// read_entities() knows, put in its place anew. It is looked at once a second and read
/// when its size, its time or its place on the disk is another.
///
/// A line that is not yet whole waits for its end. A file that cannot be read or
/// understood changes nothing, is said once, and is read again when it changes.
class FileSource final : public EntitySource {
 public:
  static constexpr TimeNs kIntervalNs = kNsPerSecond;
  static constexpr std::uint64_t kBytesMax = std::uint64_t{256} << 20;

  /// What is in the file now counts as told. Nothing is read yet.
  explicit FileSource(std::string path);

  [[nodiscard]] const char* name() const override { return "file"; }
  void wait(std::chrono::milliseconds duration) override;
  [[nodiscard]] std::optional<std::vector<entity::Event>> take(TimeNs now_ns) override;
  /// The time of the file itself, when it was last read well.
  [[nodiscard]] TimeNs last_update_ns() const override { return last_update_ns_; }
  [[nodiscard]] std::string fault() const override { return fault_; }
  [[nodiscard]] std::uint64_t fault_count() const override { return fault_count_; }

 private:
  /// What tells one state of the file from another.
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::uint64_t bytes = 0;
    TimeNs modified_ns = 0;

    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  [[nodiscard]] std::optional<Stamp> look() const;
  [[nodiscard]] std::optional<std::vector<entity::Event>> read(TimeNs now_ns);
  void fail(std::string what);

  std::string path_;
  Stamp stamp_;
  TimeNs next_look_ns_ = 0;
  TimeNs last_update_ns_ = 0;
  std::string fault_;
  std::uint64_t fault_count_ = 0;
};

}  // namespace mimir::controlplane
