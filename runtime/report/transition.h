// The state tables of this room: steps between states, by the parties of actor.h.
#pragma once

#include "runtime/base/transition.h"
#include "runtime/report/actor.h"

namespace carrel::report {

template <typename State, typename Action>
using Transition = carrel::Transition<State, Action, Who>;

}  // namespace carrel::report
