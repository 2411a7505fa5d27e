// SPDX-License-Identifier: Apache-2.0
#include "tools/model_shelf.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace mimir::tools {

namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// `path` gets a second name, which then replaces `target`: it is never without a file.
void put_in_place(const std::string& path, const std::string& second_name,
                  const std::string& target, std::error_code& fault) {
  fs::create_hard_link(path, second_name, fault);
  if (fault) return;
  fs::rename(target, path, fault);
  std::error_code ignored;
  if (fault) fs::remove(second_name, ignored);
}

void exchange(const std::string& one, const std::string& other, std::error_code& fault) {
  const std::string between = other + ".exchanged";
  fs::remove(between, fault);
  put_in_place(one, between, other, fault);
  if (!fault) fs::rename(between, other, fault);
}

}  // namespace

bool ModelShelf::change(std::vector<Step> steps, config::Diagnostics& diagnostics) {
  for (Step& step : steps) {
    std::error_code fault;
    step.act(fault);
    if (fault) {
      diagnostics.error({.file = step.path}, "cannot be changed: " + fault.message(),
                        "may this user write in the folder of model.file?");
      take_back();
      return false;
    }
    done_.push_back(std::move(step));
  }
  return true;
}

void ModelShelf::set_aside(const std::string& path, std::vector<Step>& steps) {
  if (!is_there(path)) return;
  const std::string aside = path + ".aside";
  steps.push_back(
      {.path = path,
       .act = [path, aside](std::error_code& fault) { fs::rename(path, aside, fault); },
       .undo = [path, aside](std::error_code& fault) { fs::rename(aside, path, fault); }});
  set_aside_.push_back(aside);
}

void ModelShelf::make_as_readable(const std::string& path) const {
  struct stat active {};
  if (stat(active_.c_str(), &active) != 0) return;
  (void)chmod(path.c_str(), active.st_mode);
  // Only root may give files away; for anybody else the mode has to do.
  if (chown(path.c_str(), active.st_uid, active.st_gid) != 0) return;
}

bool ModelShelf::stage(const std::string& file, config::Diagnostics& diagnostics) {
  std::vector<Step> steps;
  set_aside(candidate_, steps);
  steps.push_back({.path = candidate_,
                   .act =
                       [this, file](std::error_code& fault) {
                         fs::copy_file(file, candidate_, fault);
                         if (!fault) make_as_readable(candidate_);
                       },
                   .undo = [this](std::error_code& fault) { fs::remove(candidate_, fault); }});
  return change(std::move(steps), diagnostics);
}

bool ModelShelf::unstage(config::Diagnostics& diagnostics) {
  std::vector<Step> steps;
  set_aside(candidate_, steps);
  if (!steps.empty()) return change(std::move(steps), diagnostics);
  diagnostics.error({.file = candidate_}, "there is no candidate", "mimir model stage FILE");
  return false;
}

bool ModelShelf::promote(config::Diagnostics& diagnostics) {
  if (!is_there(candidate_)) {
    diagnostics.error({.file = candidate_}, "there is no candidate", "mimir model stage FILE");
    return false;
  }
  std::vector<Step> steps;
  set_aside(former_, steps);
  steps.push_back(
      {.path = active_,
       .act = [this](std::error_code& fault) { put_in_place(active_, former_, candidate_, fault); },
       .undo =
           [this](std::error_code& fault) { put_in_place(active_, candidate_, former_, fault); }});
  return change(std::move(steps), diagnostics);
}

bool ModelShelf::roll_back(config::Diagnostics& diagnostics) {
  if (!is_there(former_)) {
    diagnostics.error({.file = former_}, "there is no former model",
                      "mimir model promote makes it");
    return false;
  }
  const auto swap = [this](std::error_code& fault) { exchange(active_, former_, fault); };
  return change({{.path = active_, .act = swap, .undo = swap}}, diagnostics);
}

void ModelShelf::take_back() {
  for (; !done_.empty(); done_.pop_back()) {
    std::error_code ignored;
    done_.back().undo(ignored);
  }
  set_aside_.clear();
}

void ModelShelf::keep() {
  std::error_code ignored;
  for (const std::string& path : set_aside_) fs::remove(path, ignored);
  done_.clear();
  set_aside_.clear();
}

}  // namespace mimir::tools
