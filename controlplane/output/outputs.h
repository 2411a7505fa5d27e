// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "config/json.h"
#include "controlplane/output/lane.h"
#include "controlplane/output/output_status.h"
#include "controlplane/output/rotating_file.h"
#include "controlplane/output/sink_target.h"
#include "controlplane/output/spooled_sink.h"

namespace mimir::controlplane {

struct OutputOptions {
  std::string file = "-";
  RotationOptions rotation;
  std::vector<SinkConfig> sinks;
  std::string spool_folder;                                 ///< needed for sinks
  std::uint64_t spool_bytes_max = std::uint64_t{64} << 20;  ///< of each
  SinkPatience patience;
};

/// Everywhere an alert goes: the file, and each sink behind its spool.
///
/// Threads: write() and reopen() from one, status() from any; neither ever waits for a disk
/// or a network. Each output has threads of its own.
class Outputs {
 public:
  /// Bytes of lines that may wait for the file.
  static constexpr std::size_t kQueueBytesMax = std::size_t{16} << 20;

  /// Null, with every fault reported, if one of them cannot be.
  [[nodiscard]] static std::unique_ptr<Outputs> open(const OutputOptions& options,
                                                     SpooledSink::News news,
                                                     config::Diagnostics& diagnostics);
  ~Outputs() { finish(); }
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  void write(const config::Json& alert);
  /// Opens the file anew soon, for whoever renamed it.
  void reopen();
  /// The file gets all of it, the sinks what they take in time.
  void finish();

  /// The file first, then the sinks in the order of the configuration.
  [[nodiscard]] std::vector<OutputStatus> status() const;

 private:
  explicit Outputs(std::unique_ptr<RotatingFile> file);

  std::unique_ptr<RotatingFile> file_;
  std::atomic<std::uint64_t> file_given_{0};
  std::atomic<std::uint64_t> file_queue_full_{0};
  std::atomic<bool> must_reopen_{false};
  std::vector<std::unique_ptr<SpooledSink>> sinks_;
  Lane file_lane_;  ///< the last: it works with the file
};

}  // namespace mimir::controlplane
