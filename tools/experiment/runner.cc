// SPDX-License-Identifier: Apache-2.0
#include "tools/experiment/runner.h"

#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "model/learn/digest.h"
#include "tools/evaluation/parallel.h"
#include "tools/experiment/process.h"

namespace mimir::experiment {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// Seeds of held-out runs lie beyond those of training.
constexpr std::uint64_t kHeldOutSeedFrom = 1'000'000;
/// Of each frame, enough for every header; lengths are kept beside it.
constexpr const char* kSnapBytes = "128";
constexpr std::size_t kKeyDigits = 20;

std::optional<std::string> text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

bool write_whole(const fs::path& path, const std::string& text) {
  const fs::path beside = path.string() + ".part";
  {
    std::ofstream file(beside, std::ios::binary);
    if (!(file << text) || !file.flush()) return false;
  }
  std::error_code fault;
  fs::rename(beside, path, fault);
  return !fault;
}

std::string last_words(const fs::path& log) {
  std::string text = text_of(log).value_or("");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t error = text.rfind("error: ");
  if (error != std::string::npos) text.erase(0, error);
  return text.substr(0, text.find('\n'));
}

class Runner {
 public:
  Runner(const RunOptions& options, config::Diagnostics& diagnostics)
      : options_(options),
        diagnostics_(diagnostics),
        version_(learn::sha256_hex(text_of(options.program).value_or(""))) {}

  std::vector<Outcome> run(std::span<const Settings> experiments) {
    for (const char* name : {"models", "results", "work"}) {
      std::error_code fault;
      fs::create_directories(options_.folder / name, fault);
      if (!fault) continue;
      diagnostics_.error({.file = (options_.folder / name).string()},
                         "cannot be made a folder: " + fault.message());
      return {};
    }
    std::map<std::string, const Settings*> models;
    std::vector<const Settings*> wanted;
    for (const Settings& settings : experiments) {
      if (read_result(settings)) continue;
      wanted.push_back(&settings);
      if (!fs::exists(model_path(settings))) models.emplace(model_key(settings), &settings);
    }
    const std::vector<std::pair<std::string, const Settings*>> training(models.begin(),
                                                                        models.end());
    step_count_ = training.size() + wanted.size();
    say(fmt::format("{} experiments, {} finished before, {} models to train", experiments.size(),
                    experiments.size() - wanted.size(), training.size()));
    evaluation::for_each_index(training.size(), options_.job_count,
                               [&](std::size_t i, std::size_t) { train(*training[i].second); });
    evaluation::for_each_index(wanted.size(), options_.job_count,
                               [&](std::size_t i, std::size_t) { evaluate(*wanted[i]); });
    std::vector<Outcome> outcomes;
    for (const Settings& settings : experiments) {
      if (auto evaluation = read_result(settings)) {
        outcomes.push_back({.settings = settings, .evaluation = std::move(*evaluation)});
      }
    }
    return outcomes;
  }

 private:
  [[nodiscard]] std::string key_of(const config::Json& json) const {
    // A topology's file may change under its name.
    const config::Json* const topology = json.find("topology");
    const std::string document =
        topology->string()->empty() ? "" : text_of(*topology->string()).value_or("");
    return learn::sha256_hex(config::to_text(json) + version_ + learn::sha256_hex(document))
        .substr(0, kKeyDigits);
  }
  [[nodiscard]] std::string model_key(const Settings& settings) const {
    return key_of(training_json(settings));
  }
  [[nodiscard]] fs::path model_path(const Settings& settings) const {
    return options_.folder / "models" / (model_key(settings) + ".mimir");
  }
  [[nodiscard]] fs::path result_path(const Settings& settings) const {
    return options_.folder / "results" / (key_of(to_json(settings)) + ".json");
  }

  [[nodiscard]] std::optional<config::Json> read_result(const Settings& settings) const {
    const fs::path path = result_path(settings);
    const auto text = text_of(path);
    if (!text) return std::nullopt;
    config::Diagnostics ignored;
    const auto json = config::parse_json(*text, path.string(), ignored);
    const config::Json* const evaluation = json ? json->find("evaluation") : nullptr;
    if (evaluation == nullptr) return std::nullopt;
    return *evaluation;
  }

  void say(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (options_.progress) options_.progress(text);
  }

  void ended(const std::string& what) {
    const std::lock_guard lock(mutex_);
    ++steps_done_;
    if (options_.progress) {
      options_.progress(fmt::format("{} of {}: {}", steps_done_, step_count_, what));
    }
  }

  static std::string describe(const Settings& settings) {
    return fmt::format("{}, seed {}, {} min of training, load {} %{}", settings.application(),
                       settings.seed, settings.training_minutes, settings.load_percent,
                       settings.mix.empty() ? "" : ", mix " + settings.mix);
  }

  /// Calls the commands one after the other, in a folder of their own.
  bool call(const fs::path& folder, const std::string& what, std::vector<Words> commands) {
    std::error_code fault;
    fs::remove_all(folder, fault);
    fs::create_directories(folder, fault);
    const fs::path log = folder / "log";
    for (Words& words : commands) {
      const std::string command = words.front();
      words.insert(words.begin(), options_.program);
      const int code = run_process(std::move(words), log.string());
      if (code == 0) continue;
      const std::lock_guard lock(mutex_);
      diagnostics_.error({.file = log.string()}, fmt::format("{}: mimir {} ended with {}: {}", what,
                                                             command, code, last_words(log)));
      fs::remove_all(folder / "run", fault);  // the log stays to be read
      return false;
    }
    return true;
  }

  [[nodiscard]] static Words simulate(const Settings& settings, const fs::path& run,
                                      std::uint64_t minutes, std::uint64_t seed) {
    Words words = {"simulate",
                   "--out",
                   run.string(),
                   "--duration",
                   fmt::format("{}min", minutes),
                   "--seed",
                   fmt::format("{}", seed),
                   "--users",
                   fmt::format("{}", settings.users),
                   "--load",
                   settings.load,
                   "--snap",
                   kSnapBytes};
    if (settings.topology.empty()) {
      words.insert(words.end(), {"--app", settings.app});
    } else {
      words.insert(words.end(), {"--topology", settings.topology});
    }
    return words;
  }

  void train(const Settings& settings) {
    const fs::path folder = options_.folder / "work" / model_key(settings);
    const fs::path run = folder / "run";
    const fs::path model = folder / "model.mimir";
    const std::string what = fmt::format("{}, seed {}: model of {} min", settings.application(),
                                         settings.seed, settings.training_minutes);
    const bool good = call(folder, what,
                           {simulate(settings, run, settings.training_minutes, settings.seed),
                            {"train", "--entities", (run / "entities.jsonl").string(),
                             "--sensitive", settings.sensitive, "--workers", "1", "--output",
                             model.string(), (run / "capture.pcap").string()}});
    std::error_code fault;
    if (good) {
      fs::rename(model, model_path(settings), fault);
      fs::remove_all(folder, fault);
    }
    ended(what + (good ? "" : " failed"));
  }

  void evaluate(const Settings& settings) {
    const std::string what = describe(settings);
    if (!fs::exists(model_path(settings))) {
      ended(what + " is left out: it has no model");
      return;
    }
    const fs::path folder = options_.folder / "work" / key_of(to_json(settings));
    const fs::path run = folder / "run";
    Words simulated =
        simulate(settings, run, settings.held_out_minutes, kHeldOutSeedFrom + settings.seed);
    simulated.insert(
        simulated.end(),
        {"--load-factor", fmt::format("{}", static_cast<double>(settings.load_percent) / 100)});
    if (!settings.mix.empty()) simulated.insert(simulated.end(), {"--mix", settings.mix});
    const bool good =
        call(folder, what,
             {std::move(simulated),
              {"evaluate", "--model", model_path(settings).string(), "--entities",
               (run / "entities.jsonl").string(), "--rates", settings.rates, "--seeds",
               fmt::format("{}", settings.injection_seeds), "--workers", "1", "--report",
               (folder / "report").string(), (run / "capture.pcap").string()}});
    if (good && !keep_result(settings, folder)) {
      const std::lock_guard lock(mutex_);
      diagnostics_.error({.file = result_path(settings).string()}, "could not be written");
    }
    std::error_code fault;
    if (good) fs::remove_all(folder, fault);
    ended(what + (good ? "" : " failed"));
  }

  bool keep_result(const Settings& settings, const fs::path& folder) const {
    const auto text = text_of(folder / "report" / "evaluation.json");
    if (!text) return false;
    config::Diagnostics ignored;
    const auto evaluation = config::parse_json(*text, "evaluation.json", ignored);
    if (!evaluation) return false;
    config::Json json = config::Json::object();
    json.set("settings", to_json(settings)).set("evaluation", *evaluation);
    return write_whole(result_path(settings), config::to_text(json) + "\n");
  }

  const RunOptions& options_;
  config::Diagnostics& diagnostics_;
  std::string version_;  ///< SHA-256 of the executable
  std::mutex mutex_;     ///< of the next two, diagnostics_ and progress
  std::size_t steps_done_ = 0;
  std::size_t step_count_ = 0;
};

}  // namespace

std::vector<Outcome> run_experiments(std::span<const Settings> experiments,
                                     const RunOptions& options, config::Diagnostics& diagnostics) {
  return Runner(options, diagnostics).run(experiments);
}

}  // namespace mimir::experiment
