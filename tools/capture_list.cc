// SPDX-License-Identifier: Apache-2.0
#include "tools/capture_list.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace mimir::tools {

namespace {

using source::CaptureFault;
using source::CaptureSet;

struct FaultText {
  std::string message;
  std::string hint;
};

FaultText to_text(const source::CaptureState& state) {
  const std::uint64_t detail = state.detail;
  const std::uint64_t offset = state.offset_bytes;
  switch (state.fault) {
    case CaptureFault::kCannotOpen:
      return {fmt::format("cannot open the capture: {}", std::strerror(static_cast<int>(detail))),
              "give the path of a capture that this user may read; `-` reads a pipe"};
    case CaptureFault::kEmpty:
      return {"the file is empty, not even a capture header is in it",
              "was the capture tool stopped before it wrote anything?"};
    case CaptureFault::kNotACapture:
      return {fmt::format("not a capture: it begins with {:#010x}, which is no pcap magic", detail),
              "write pcap or pcapng, as `tcpdump -w` and `dumpcap` do"};
    case CaptureFault::kHeaderCut:
      return {"the capture ends inside its file header", "copy the file again"};
    case CaptureFault::kUnsupportedVersion:
      return {
          fmt::format("format version {} is not supported, only 2 of pcap and 1 of pcapng", detail),
          "convert it: editcap -F pcap IN OUT.pcap"};
    case CaptureFault::kUnknownLinkType:
      return {
          fmt::format("link type {} is not supported", detail),
          "supported are Ethernet (1), raw IP (101), Linux cooked (113, 276), loopback (0, 108) "
          "and NFLOG (239)"};
    case CaptureFault::kUnpacksTooLarge:
      return {fmt::format("unpacked, the capture has more than {} MiB", detail >> 20),
              "unpack it first: gzip -d or zstd -d"};
    case CaptureFault::kInputTooLarge:
      return {fmt::format("it has more than {} MiB, which must be held in memory", detail >> 20),
              "write it to a file and give the file's path"};
    case CaptureFault::kRecordHeaderCut:
      return {fmt::format("the capture ends at byte {}, inside a packet's header", offset),
              "everything before that byte was read"};
    case CaptureFault::kPacketCut:
      return {fmt::format("the capture ends inside the packet at byte {}", offset),
              "everything before that byte was read"};
    case CaptureFault::kImplausibleLength:
      return {fmt::format("the packet at byte {} claims {} captured bytes", offset, detail),
              "the file is damaged from there on; everything before that byte was read"};
    case CaptureFault::kBlockCut:
      return {fmt::format("the capture ends inside the block at byte {}", offset),
              "everything before that byte was read"};
    case CaptureFault::kBadBlockLength:
      return {fmt::format("the block at byte {} claims {} bytes, which cannot be", offset, detail),
              "the file is damaged from there on; everything before that byte was read"};
    case CaptureFault::kBadSectionHeader:
      return {fmt::format("the section that begins at byte {} cannot be read", offset),
              "everything before that byte was read"};
    case CaptureFault::kBlocksDamaged:
      return {fmt::format("{} damaged blocks were left out, the first at byte {}", detail, offset),
              "everything else was read"};
    case CaptureFault::kPackedDamaged:
      return {fmt::format("the compressed file is damaged behind byte {} of what is in it", offset),
              "everything before that byte was read"};
    case CaptureFault::kNone:
      break;
  }
  return {};
}

/// What messages call a file.
std::string shown(const std::string& path) {
  return path == CaptureSet::kStandardInput ? "standard input" : path;
}

bool list_folder(CaptureArgument& argument, config::Diagnostics& diagnostics) {
  std::error_code error;
  std::filesystem::directory_iterator entry(argument.name, error);
  for (const std::filesystem::directory_iterator end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) argument.paths.push_back(entry->path().string());
  }
  if (error) {
    diagnostics.error({.file = argument.name}, "the folder cannot be read: " + error.message());
    return false;
  }
  std::sort(argument.paths.begin(), argument.paths.end());
  return true;
}

/// A file by whatever name.
std::string identity_of(const std::string& path) {
  if (path == CaptureSet::kStandardInput) return path;
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::canonical(path, error);
  return error ? path : canonical.string();
}

bool check_distinct(std::span<const CaptureArgument> arguments, config::Diagnostics& diagnostics) {
  std::map<std::string, std::string> seen;
  bool is_distinct = true;
  for (const CaptureArgument& argument : arguments) {
    for (const std::string& path : argument.paths) {
      const auto [first, is_new] = seen.try_emplace(identity_of(path), path);
      if (is_new) continue;
      is_distinct = false;
      diagnostics.error(
          {.file = shown(path)},
          first->second == path ? "is given twice" : "is given twice, also as " + first->second,
          "its packets would be counted twice");
    }
  }
  return is_distinct;
}

/// Reports what cannot be read of one argument. `parts` are its files.
void report_parts(const CaptureArgument& argument, std::span<const CaptureSet::Part> parts,
                  config::Diagnostics& diagnostics) {
  bool has_capture = false;
  for (const CaptureSet::Part& part : parts) {
    const CaptureFault fault = part.opened.fault;
    if (argument.is_folder &&
        (fault == CaptureFault::kNotACapture || fault == CaptureFault::kEmpty)) {
      diagnostics.warning({.file = part.path}, "is no capture and is left out");
      continue;
    }
    has_capture = true;
    if (fault != CaptureFault::kNone) report_fault(part.path, part.opened, diagnostics);
  }
  if (has_capture) return;
  diagnostics.error({.file = argument.name}, "there is no capture in this folder",
                    "a folder's own files are read, not those of the folders in it");
}

}  // namespace

void report_fault(const std::string& path, const source::CaptureState& state,
                  config::Diagnostics& diagnostics) {
  FaultText text = to_text(state);
  diagnostics.error({.file = shown(path)}, std::move(text.message), std::move(text.hint));
}

std::optional<std::vector<CaptureArgument>> list_captures(std::span<const std::string> arguments,
                                                          config::Diagnostics& diagnostics) {
  std::vector<CaptureArgument> listed;
  bool is_whole = true;
  for (const std::string& name : arguments) {
    CaptureArgument argument;
    argument.name = name;
    std::error_code ignored;
    argument.is_folder = std::filesystem::is_directory(name, ignored);
    if (argument.is_folder) {
      is_whole = list_folder(argument, diagnostics) && is_whole;
    } else {
      argument.paths.push_back(name);
    }
    listed.push_back(std::move(argument));
  }
  if (!check_distinct(listed, diagnostics) || !is_whole) return std::nullopt;
  return listed;
}

std::unique_ptr<CaptureSet> open_captures(std::span<const CaptureArgument> arguments,
                                          config::Diagnostics& diagnostics) {
  std::vector<std::string> paths;
  for (const CaptureArgument& argument : arguments) {
    paths.insert(paths.end(), argument.paths.begin(), argument.paths.end());
  }
  auto captures = std::make_unique<CaptureSet>(paths);
  std::span<const CaptureSet::Part> parts = captures->parts();
  for (const CaptureArgument& argument : arguments) {
    report_parts(argument, parts.first(argument.paths.size()), diagnostics);
    parts = parts.subspan(argument.paths.size());
  }
  return captures->is_readable() ? std::move(captures) : nullptr;
}

void report_damage(const CaptureSet& captures, config::Diagnostics& diagnostics) {
  for (const CaptureSet::Part& part : captures.parts()) {
    if (part.ended.fault != CaptureFault::kNone) report_fault(part.path, part.ended, diagnostics);
  }
}

std::string name_of(std::span<const CaptureArgument> arguments) {
  const std::string first = shown(arguments.front().name);
  return arguments.size() == 1 ? first : fmt::format("{} and {} more", first, arguments.size() - 1);
}

}  // namespace mimir::tools
