#include "selfplay/actor/game_in_play.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/build_info.h"
#include "engine/base/config.h"
#include "engine/base/status.h"
#include "selfplay/actor/opening.h"
#include "selfplay/actor/temperature.h"

namespace tandem {
namespace {

constexpr std::int64_t kAllTreesBytes = 768 << 20;  // of one actor; leaves a quarter of the GiB for states and records
constexpr std::int64_t kLeastTreeBytes = 1 << 16;   // SearchConfig.memory_bytes's own minimum
constexpr int kWantedBatch = 32;                    // below this a network call is dominated by its overhead (reference: batch 32 vs 8)
constexpr int kMostLeaves = 4;                      // more waiting leaves than this weaken searches of a few dozen simulations
constexpr double kGumbelScale = 65536;              // improved policy as integers
constexpr double kLeastPrior = 1e-8;                // bounds KL where a network gave a played move no probability

// Result of a proven root, first player's view.
int ProvenResult(Proven proven, int mover) { return SwitchView(proven == Proven::kWin ? 1 : proven == Proven::kLoss ? -1 : 0, mover); }

int MaxLeaves(const RunConfig& config) {
  // Sequential halving compares moves after equal numbers of visits; waiting leaves would blur its rounds.
  if (config.search().algorithm() == SearchConfig::GUMBEL) return 1;
  const int games = std::max(config.selfplay().games_in_flight(), 1);
  return std::clamp((kWantedBatch + games - 1) / games, 1, std::min(kMostLeaves, std::max(config.search().batch(), 1)));
}

RootExploration FullExploration(const RunConfig& config) {
  RootExploration exploration;
  if (config.search().algorithm() == SearchConfig::GUMBEL) {
    exploration.gumbel_noise = true;
    return exploration;
  }
  exploration.noise_weight = config.selfplay().noise_weight();
  exploration.noise_alpha_total = config.selfplay().noise_alpha_total();
  exploration.forced_playouts_k = config.selfplay().forced_playouts_k();
  return exploration;
}

// KL(target || prior) in nats; `weights` are the target's, sum > 0.
double TargetKl(const SearchResult& result, const std::vector<std::uint32_t>& weights, double sum) {
  double kl = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    const double p = weights[i] / sum;
    kl += p * std::log(p / std::max<double>(result.moves[i].prior, kLeastPrior));
  }
  return std::max(kl, 0.0);
}

}  // namespace

std::int64_t TreeMemoryBytes(const GameFacts& facts, const RunConfig& config) {
  // Each simulation expands a node at most; about as many come over from the last move. A node: statistics, and an edge for each legal
  // move, of which games have fewer than their action space on average.
  const std::int64_t simulations = std::max(config.selfplay().full_simulations(), config.selfplay().cheap_simulations());
  const std::int64_t bytes_per_node = 128 + 32 * std::min(facts.num_actions, ActionList::kCapacity);
  const std::int64_t wanted = 2 * (simulations + 1) * bytes_per_node;
  const std::int64_t share = kAllTreesBytes / std::max(config.selfplay().games_in_flight(), 1);
  return std::max(std::min({wanted, share, config.search().memory_bytes()}), kLeastTreeBytes);
}

GameSettings::GameSettings(const Game& the_game, const RunConfig& the_config)
    : game(the_game),
      config(the_config),
      search(the_config.search()),
      exploration(FullExploration(the_config)),
      max_leaves(MaxLeaves(the_config)),
      config_hash(ConfigHash(the_config)) {
  search.set_memory_bytes(TreeMemoryBytes(game.facts(), config));
}

GameInPlay::GameInPlay(const GameSettings& settings) : settings_(settings), search_(NewTreeSearch(settings.game, settings.search)) {}

void GameInPlay::Begin(std::int64_t number, const std::string& net_id) {
  TANDEM_CHECK(over());
  search_->Forget();
  rng_ = Rng::Stream(settings_.config.seed(), "selfplay", static_cast<std::uint64_t>(number));
  state_ = settings_.game.NewState();
  net_id_ = net_id;
  record_ = GameRecord();
  record_.set_game(settings_.game.facts().spec);
  record_.set_seed(settings_.config.seed());
  record_.set_index(static_cast<std::uint64_t>(number));
  record_.set_net_id(net_id);
  record_.set_config_hash(settings_.config_hash);
  record_.set_build(BuildId());
  record_.set_opening_plies(0);

  const OpeningPlan plan = DrawOpening(settings_.game.facts(), settings_.config.selfplay(), rng_);
  opening_left_ = 0;
  if (plan.random) {
    const std::vector<Action> moves = PlayRandomOpening(plan.plies, state_.get(), rng_);
    for (const Action action : moves) record_.add_moves(action);
    record_.set_opening_plies(static_cast<std::uint32_t>(moves.size()));
  } else {
    opening_left_ = plan.plies;
  }
  if (opening_left_ > 0) {
    phase_ = Phase::kOpening;
  } else {
    StartSearch();
  }
}

// The position after the record's moves.
absl::Status GameInPlay::Replay(const GameRecord& record) {
  state_ = settings_.game.NewState();
  for (const std::uint32_t move : record.moves()) {
    if (!state_->IsTerminal()) state_->LegalActions(legal_);
    if (state_->IsTerminal() || move >= kNoAction || legal_.Find(static_cast<Action>(move)) < 0) {
      return BadInput("unfinished game ", record.index(), ": move ", move, " at ply ", state_->Ply(), " is not legal");
    }
    state_->Apply(static_cast<Action>(move));
  }
  if (state_->IsTerminal()) return BadInput("unfinished game ", record.index(), " is over");
  return absl::OkStatus();
}

absl::Status GameInPlay::Resume(GameRecord record) {
  TANDEM_CHECK(over());
  if (record.game() != settings_.game.facts().spec || record.seed() != settings_.config.seed() ||
      record.config_hash() != settings_.config_hash) {
    return BadInput("unfinished game ", record.index(), " is of another run or configuration");
  }
  if (record.has_start() || record.moves_size() != static_cast<int>(record.opening_plies()) + record.turns_size()) {
    return BadInput("unfinished game ", record.index(), ": ", record.moves_size(), " moves for an opening of ", record.opening_plies(),
                    " and ", record.turns_size(), " turns");
  }
  if (record.turns().empty()) {  // nothing has been thought about: the same game from the start
    Begin(static_cast<std::int64_t>(record.index()), record.net_id());
    return absl::OkStatus();
  }
  TANDEM_RETURN_IF_ERROR(Replay(record));
  search_->Forget();
  rng_ = Rng::Stream(settings_.config.seed(), absl::StrCat("selfplay from ply ", record.moves_size()), record.index());
  net_id_ = record.net_id();
  for (const Turn& turn : record.turns()) {
    if (turn.has_net_id()) net_id_ = turn.net_id();
  }
  record.set_build(BuildId());
  record_ = std::move(record);
  opening_left_ = 0;
  StartSearch();
  return absl::OkStatus();
}

int GameInPlay::Prepare(const std::string& net_id, std::vector<EvalRequest>* batch) {
  if (phase_ == Phase::kOpening) {
    state_->LegalActions(legal_);
    prior_.resize(static_cast<std::size_t>(legal_.size()));
    batch->push_back({state_.get(), legal_.span(), prior_, &evaluation_});
    return 1;
  }
  while (phase_ == Phase::kSearching) {
    if (search_->Done()) {
      FinishTurn(net_id);
      continue;
    }
    if (const int gathered = search_->Gather(settings_.max_leaves, batch); gathered > 0) return gathered;
    search_->Absorb();  // simulations ended in known results only: nothing to ask
  }
  return 0;
}

void GameInPlay::Absorb(const std::string& net_id) {
  if (phase_ == Phase::kOpening) {
    PlayPriorMove();
    return;
  }
  search_->Absorb();
  while (phase_ == Phase::kSearching && search_->Done()) FinishTurn(net_id);
}

void GameInPlay::PlayPriorMove() {
  const std::vector<double> weights(prior_.begin(), prior_.end());
  const Action action = legal_[static_cast<int>(rng_.Categorical(weights))];
  const std::unique_ptr<State> next = state_->Clone();
  next->Apply(action);
  // A move that would end the game is not played: an opening leaves something to search.
  if (next->IsTerminal()) {
    opening_left_ = 0;
  } else {
    ApplyMove(action);
    record_.set_opening_plies(record_.opening_plies() + 1);
    --opening_left_;
  }
  if (opening_left_ == 0) StartSearch();
}

void GameInPlay::StartSearch() {
  const SelfplayConfig& config = settings_.config.selfplay();
  full_search_ = rng_.Uniform() < config.full_search_share();
  SearchLimits limits;
  limits.simulations = full_search_ ? config.full_simulations() : config.cheap_simulations();
  limits.count_kept = config.count_kept_visits();
  search_->Start(*state_, limits, full_search_ ? settings_.exploration : RootExploration(), &rng_);
  phase_ = Phase::kSearching;
}

void GameInPlay::FinishTurn(const std::string& net_id) {
  const SearchResult result = search_->Result();
  const int mover = state_->ToMove();
  RecordTurn(result, net_id);
  const int index = ChooseMove(result, settings_.search.algorithm(), settings_.config.selfplay(), state_->Ply(), rng_);
  ApplyMove(result.moves[index].action);
  ++moves_;
  simulations_ += result.simulations;
  if (EndIfOver(result.proven, mover)) {
    phase_ = Phase::kOver;
  } else {
    StartSearch();
  }
}

void GameInPlay::RecordTurn(const SearchResult& result, const std::string& net_id) {
  const int mover = state_->ToMove();
  Turn* turn = record_.add_turns();
  const float value = std::clamp(result.root_value, -1.0f, 1.0f);
  turn->set_root_value(SwitchView(value, mover));
  turn->set_root_draw(std::clamp(result.root_wdl.draw, 0.0f, 1.0f - std::abs(value)));
  turn->set_simulations(static_cast<std::uint32_t>(result.simulations));
  if (result.proven != Proven::kNo) turn->set_proven(ProvenResult(result.proven, mover));
  if (net_id != net_id_) turn->set_net_id(net_id_ = net_id);
  turn->set_full_search(false);
  if (!full_search_) return;

  double scale = kGumbelScale;
  if (settings_.search.algorithm() == SearchConfig::PUCT) {
    scale = 0;
    for (const MoveStats& move : result.moves) scale += static_cast<double>(move.visits);
    scale = std::max(scale, 1.0);  // decided at once: no visits, but a policy
  }
  std::vector<std::uint32_t> weights;
  double sum = 0;
  for (const MoveStats& move : result.moves) {
    weights.push_back(static_cast<std::uint32_t>(std::llround(std::max(move.policy, 0.0f) * scale)));
    sum += weights.back();
  }
  if (sum == 0) return;  // a search that was decided before it had an opinion is no target
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    turn->add_visit_actions(result.moves[i].action);
    turn->add_visits(weights[i]);
  }
  turn->set_full_search(true);
  turn->set_prior_kl(static_cast<float>(TargetKl(result, weights, sum)));
  ++full_moves_;
}

void GameInPlay::ApplyMove(Action action) {
  record_.add_moves(action);
  state_->Apply(action);
}

bool GameInPlay::EndIfOver(Proven proven, int mover) {
  if (state_->IsTerminal()) {
    record_.set_result(static_cast<int>(state_->GetOutcome()));
    return true;
  }
  const GameFacts& facts = settings_.game.facts();
  // Games with ownership go on: their final board is a target, and proven searches cost nearly nothing.
  if (settings_.config.selfplay().stop_when_proven() && proven != Proven::kNo && !facts.has_ownership) {
    record_.set_result(ProvenResult(proven, mover));
    record_.set_end(GameRecord::PROVEN);
    return true;
  }
  if (record_.moves_size() >= facts.max_plies) {
    record_.set_result(0);
    record_.set_end(GameRecord::MAX_PLIES);
    return true;
  }
  return false;
}

}  // namespace tandem
