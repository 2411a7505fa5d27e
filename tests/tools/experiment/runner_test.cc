// SPDX-License-Identifier: Apache-2.0
#include "tools/experiment/runner.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <gtest/gtest.h>

namespace mimir::experiment {
namespace {

namespace fs = std::filesystem;

/// A program that does what the commands do to files, and says in `calls` what it was asked.
constexpr std::string_view kProgram = R"(#!/bin/sh
here=$(dirname "$0")
echo "$1 $*" >> "$here/calls"
command=$1
while [ $# -gt 0 ]; do
  case "$1" in
    --out) out=$2 ;;
    --output) model=$2 ;;
    --report) report=$2 ;;
    --seed) seed=$2 ;;
  esac
  shift
done
case $command in
  simulate) mkdir -p "$out" && echo capture > "$out/capture.pcap"
            if [ "$seed" = 13 ]; then echo "run: error: an unlucky number" >&2; exit 2; fi ;;
  train) echo model > "$model" ;;
  evaluate) mkdir -p "$report" && echo '{"results": []}' > "$report/evaluation.json" ;;
esac
)";

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    std::string name = (fs::temp_directory_path() / "mimir-experiment-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    write_program(std::string(kProgram));
  }
  ~RunnerTest() override { fs::remove_all(folder_); }

  void write_program(const std::string& text) const {
    std::ofstream(folder_ / "program") << text;
    ASSERT_EQ(chmod((folder_ / "program").c_str(), 0755), 0);
  }

  std::vector<Outcome> run(const std::vector<Settings>& experiments, std::size_t jobs = 2) {
    return run_experiments(experiments,
                           {.program = (folder_ / "program").string(),
                            .folder = folder_ / "out",
                            .job_count = jobs,
                            .progress = {}},
                           diagnostics_);
  }

  // How often each command was called since the last time.
  std::vector<long> calls() const {
    std::ifstream file(folder_ / "calls");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    fs::remove(folder_ / "calls");
    std::vector<long> counts;
    for (const std::string command : {"simulate ", "train ", "evaluate "}) {
      counts.push_back(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.starts_with(command);
      }));
    }
    return counts;
  }

  static std::vector<Settings> two_seeds_and_loads() {
    std::vector<Settings> all;
    for (const std::uint64_t seed : {1U, 2U}) {
      for (const std::uint64_t percent : {100U, 40U}) {
        Settings settings;
        settings.app = "shop";
        settings.seed = seed;
        settings.load_percent = percent;
        all.push_back(settings);
      }
    }
    return all;
  }

  fs::path folder_;
  config::Diagnostics diagnostics_;
};

TEST_F(RunnerTest, TrainsOnceAModelAndJudgesEveryExperiment) {
  EXPECT_EQ(run(two_seeds_and_loads()).size(), 4U);
  EXPECT_EQ(calls(), (std::vector<long>{2 + 4, 2, 4}));
  EXPECT_TRUE(diagnostics_.all().empty()) << diagnostics_.render();
  EXPECT_TRUE(fs::is_empty(folder_ / "out" / "work")) << "no capture stays";
}

TEST_F(RunnerTest, GoesOnWhereItWasBrokenOff) {
  std::vector<Settings> all = two_seeds_and_loads();
  (void)run({all.begin(), all.begin() + 1});
  (void)calls();
  const auto outcomes = run(all, 1);
  ASSERT_EQ(outcomes.size(), 4U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(outcomes[i].settings, all[i]);
  EXPECT_EQ(calls(), (std::vector<long>{1 + 3, 1, 3}));
  EXPECT_EQ(run(all).size(), 4U);
  EXPECT_EQ(calls(), (std::vector<long>{0, 0, 0}));
  // A result that was cut short is no result.
  const fs::path one = fs::directory_iterator(folder_ / "out" / "results")->path();
  fs::resize_file(one, 10);
  EXPECT_EQ(run(all).size(), 4U);
  EXPECT_EQ(calls(), (std::vector<long>{1, 0, 1}));
}

TEST_F(RunnerTest, BeginsAnewWithAnotherExecutable) {
  const std::vector<Settings> all = two_seeds_and_loads();
  (void)run(all);
  (void)calls();
  write_program(std::string(kProgram) + "# another version\n");
  (void)run(all);
  EXPECT_EQ(calls(), (std::vector<long>{2 + 4, 2, 4}));
}

TEST_F(RunnerTest, SaysWhatFailedAndDoesTheRest) {
  std::vector<Settings> all = two_seeds_and_loads();
  Settings unlucky = all.front();
  unlucky.seed = 13;
  all.push_back(unlucky);
  EXPECT_EQ(run(all).size(), 4U);
  ASSERT_EQ(diagnostics_.error_count(), 1U) << diagnostics_.render();
  EXPECT_NE(diagnostics_.render().find("mimir simulate ended with 2: error: an unlucky number"),
            std::string::npos)
      << diagnostics_.render();
}

}  // namespace
}  // namespace mimir::experiment
