// SPDX-License-Identifier: Apache-2.0
#include "tests/tools/simulator/result.h"

#include <cmath>
#include <fstream>
#include <sstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace mimir::simulator {
namespace {

std::vector<config::Json> lines_of(const std::filesystem::path& path) {
  std::vector<config::Json> lines;
  std::ifstream file(path);
  config::Diagnostics diagnostics;
  for (std::string line; std::getline(file, line);) {
    auto value = config::parse_json(line, path.string(), diagnostics);
    if (value) lines.push_back(std::move(*value));
  }
  EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.render();
  return lines;
}

std::vector<Tenure> tenures_of(const std::vector<config::Json>& lines) {
  std::vector<Tenure> tenures;
  for (const config::Json& line : lines) {
    const double time_s = *line.find("t")->number();
    const std::string& name = *line.find("name")->string();
    for (const config::Json& address : *line.find("ips")->elements()) {
      const std::uint32_t number = address_number(*address.string());
      if (*line.find("op")->string() == "add") {
        tenures.push_back({*line.find("kind")->string(), name, *line.find("owner")->string(),
                           number, time_s, HUGE_VAL});
        continue;
      }
      for (Tenure& each : tenures) {
        if (each.name == name && each.address == number && std::isinf(each.end_s)) {
          each.end_s = time_s;
        }
      }
    }
  }
  return tenures;
}

}  // namespace

std::uint32_t address_number(const std::string& text) {
  std::uint32_t number = 0;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, '.');) {
    number = number * 256 + static_cast<std::uint32_t>(std::stoul(part));
  }
  return number;
}

RunFiles run_files(const Options& options) {
  static int runs = 0;
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) /
      ("mimir-run-" + std::to_string(::getpid()) + "-" + std::to_string(runs++));
  RunFiles files;
  config::Diagnostics diagnostics;
  const auto summary = simulate(options, folder, diagnostics);
  EXPECT_TRUE(summary) << diagnostics.render();
  if (summary) {
    files.summary = *summary;
    files.packets = read_capture(folder / "capture.pcap");
    files.tenures = tenures_of(lines_of(folder / "entities.jsonl"));
    files.truths = lines_of(folder / "truth.jsonl");
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return files;
}

RunFiles run_files(Options options, const std::string& topology) {
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) / ("mimir-" + std::to_string(::getpid()) + ".yaml");
  std::ofstream(path) << topology;
  options.topology = path.string();
  RunFiles files = run_files(options);
  std::filesystem::remove(path);
  return files;
}

}  // namespace mimir::simulator
