// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/diagnostic.h"
#include "dataplane/source/capture_set.h"

namespace mimir::tools {

/// What --help says of an argument that list_captures() reads.
inline constexpr const char* kCaptureHelp =
    "pcap or pcapng, also .gz and .zst; a folder of them; - is standard input; several are one "
    "stream in time order";

/// One CAPTURE argument: a file, `-` for standard input, or a folder, which stands for
/// the regular files in it, in the order of their names.
struct CaptureArgument {
  std::string name;
  std::vector<std::string> paths;
  bool is_folder = false;
};

/// What the arguments stand for. Nothing, and an error, if a file is among them twice or
/// a folder cannot be read.
[[nodiscard]] std::optional<std::vector<CaptureArgument>> list_captures(
    std::span<const std::string> arguments, config::Diagnostics& diagnostics);

/// Looks at all of them, to be read as one stream. What cannot be read is reported; in a
/// folder a file that is no capture is but a warning. Null if nothing can be read.
[[nodiscard]] std::unique_ptr<source::CaptureSet> open_captures(
    std::span<const CaptureArgument> arguments, config::Diagnostics& diagnostics);

/// What messages call them all together.
[[nodiscard]] std::string name_of(std::span<const CaptureArgument> arguments);

/// Says in words what is wrong with a capture, with a hint.
void report_fault(const std::string& path, const source::CaptureState& state,
                  config::Diagnostics& diagnostics);

/// Says which captures of a set that was read were damaged, and where.
void report_damage(const source::CaptureSet& captures, config::Diagnostics& diagnostics);

}  // namespace mimir::tools
