// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "config/json.h"
#include "tests/tools/simulator/capture.h"
#include "tools/simulator/simulator.h"

namespace mimir::simulator {

/// From when to when an address was somebody's, as the entities file has it.
struct Tenure {
  std::string kind;
  std::string name;
  std::string owner;
  std::uint32_t address = 0;
  double begin_s = 0;
  double end_s = 0;  ///< infinite: to the end of the run
};

/// A run as its three files tell of it.
struct RunFiles {
  Summary summary;
  std::vector<SeenPacket> packets;
  std::vector<Tenure> tenures;
  std::vector<config::Json> truths;
};

/// Simulates into a folder that is gone afterwards. Fails the test if that fails.
[[nodiscard]] RunFiles run_files(const Options& options);

/// The same of a topology document given as text.
[[nodiscard]] RunFiles run_files(Options options, const std::string& topology);

[[nodiscard]] std::uint32_t address_number(const std::string& text);

}  // namespace mimir::simulator
