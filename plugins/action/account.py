# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the module's work in Ansible's own process where the result is the same."""

from ansible_collections.didww.voice.plugins.module_utils._engine.account import update_account
from ansible_collections.didww.voice.plugins.module_utils._resources.account import ACCOUNT
from ansible_collections.didww.voice.plugins.plugin_utils._action import in_process

ActionModule = in_process(update_account(ACCOUNT))
