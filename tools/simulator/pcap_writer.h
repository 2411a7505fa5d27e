// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>

#include "config/diagnostic.h"
#include "dataplane/record/time.h"

namespace mimir::simulator {

inline constexpr std::size_t kPcapRecordHeaderBytes = 16;

/// Writes the 16 bytes that stand before the `kept_bytes` of a frame in a classic capture file.
void write_pcap_record_header(TimeNs time_ns, std::uint32_t kept_bytes, std::uint32_t frame_bytes,
                              std::uint8_t* out);
/// The same for a frame that is kept whole.
inline void write_pcap_record_header(TimeNs time_ns, std::uint32_t frame_bytes, std::uint8_t* out) {
  write_pcap_record_header(time_ns, frame_bytes, frame_bytes, out);
}

/// A classic capture file being written: little-endian, nanoseconds (magic
/// 0xa1b23c4d), link type Ethernet.
///
/// Errors are remembered and reported once, by finish(): a full disk is seen
/// there at the latest.
class PcapWriter {
 public:
  [[nodiscard]] static std::optional<PcapWriter> create(const std::filesystem::path& path,
                                                        config::Diagnostics& diagnostics);

  /// `record` is a record header and its frame.
  void write(std::span<const std::uint8_t> record) {
    if (std::fwrite(record.data(), 1, record.size(), file_.get()) != record.size()) failed_ = true;
  }

  [[nodiscard]] bool failed() const { return failed_; }

  /// Writes out what is buffered and closes. False, and a diagnostic, if anything was lost.
  [[nodiscard]] bool finish(config::Diagnostics& diagnostics);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }  // NOLINT: reported by finish()
  };
  PcapWriter(std::filesystem::path path, std::FILE* file);

  std::filesystem::path path_;
  std::unique_ptr<char[]> buffer_;  // NOLINT(modernize-avoid-c-arrays) setvbuf wants it raw
  std::unique_ptr<std::FILE, Close> file_;
  bool failed_ = false;
};

}  // namespace mimir::simulator
