#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "bench/study/study_run.h"
#include "nlohmann/json.hpp"

namespace overtake::bench {

// A folder that holds a study while it is made: what was planned, and a file for each finished run.
// Files are replaced as a whole, so an interrupted study is as good as its finished runs.
class StudyStore {
 public:
  // Opens or makes `folder`. `plan` is what the study is asked to do; a folder that was begun with
  // another plan is refused (FailedPreconditionError).
  static absl::StatusOr<StudyStore> Open(const std::filesystem::path& folder,
                                         const nlohmann::json& plan);

  // Runs that ended without an error, by key.
  const std::map<std::string, StudyRun>& finished() const { return finished_; }
  bool IsFinished(const StudyRun& run) const { return finished_.count(run.Key()) > 0; }

  // Keeps `run`, which has no error.
  absl::Status Add(StudyRun run);

  // Where another file of the study is.
  std::string PathOf(const std::string& name) const { return (folder_ / name).string(); }

  // Writes another file of the study.
  absl::Status Write(const std::string& name, const nlohmann::json& json) const;

 private:
  explicit StudyStore(std::filesystem::path folder) : folder_(std::move(folder)) {}
  absl::Status Load(const nlohmann::json& plan);

  std::filesystem::path folder_;
  std::map<std::string, StudyRun> finished_;
};

}  // namespace overtake::bench
