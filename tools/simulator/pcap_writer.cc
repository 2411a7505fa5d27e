// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/pcap_writer.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace mimir::simulator {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::uint32_t kMagicNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kSnapLength = 262144;
constexpr std::uint32_t kLinkTypeEthernet = 1;

void put(std::uint8_t* out, std::uint32_t value) {
  out[0] = static_cast<std::uint8_t>(value);
  out[1] = static_cast<std::uint8_t>(value >> 8);
  out[2] = static_cast<std::uint8_t>(value >> 16);
  out[3] = static_cast<std::uint8_t>(value >> 24);
}

void report(const std::filesystem::path& path, int error, config::Diagnostics& diagnostics) {
  diagnostics.error({.file = path.string()},
                    "cannot write: " + std::generic_category().message(error),
                    error == ENOSPC ? "free some space, or give a shorter --duration"
                                    : "give a folder that can be written");
}

}  // namespace

void write_pcap_record_header(TimeNs time_ns, std::uint32_t kept_bytes, std::uint32_t frame_bytes,
                              std::uint8_t* out) {
  put(out, static_cast<std::uint32_t>(time_ns / kNsPerSecond));
  put(out + 4, static_cast<std::uint32_t>(time_ns % kNsPerSecond));
  put(out + 8, kept_bytes);
  put(out + 12, frame_bytes);
}

PcapWriter::PcapWriter(std::filesystem::path path, std::FILE* file)
    : path_(std::move(path)), buffer_(new char[kBufferBytes]), file_(file) {
  std::setvbuf(file, buffer_.get(), _IOFBF, kBufferBytes);
}

std::optional<PcapWriter> PcapWriter::create(const std::filesystem::path& path,
                                             config::Diagnostics& diagnostics) {
  std::FILE* const file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) {
    report(path, errno, diagnostics);
    return std::nullopt;
  }
  PcapWriter writer(path, file);
  std::array<std::uint8_t, 24> header{};
  put(header.data(), kMagicNanoseconds);
  header[4] = 2;  // version 2.4
  header[6] = 4;
  put(header.data() + 16, kSnapLength);
  put(header.data() + 20, kLinkTypeEthernet);
  writer.write(header);
  return writer;
}

bool PcapWriter::finish(config::Diagnostics& diagnostics) {
  errno = 0;
  if (std::fclose(file_.release()) != 0) failed_ = true;
  if (failed_) report(path_, errno == 0 ? ENOSPC : errno, diagnostics);
  return !failed_;
}

}  // namespace mimir::simulator
