# Copyright: (c) 2026, didww.voice contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# PRIVATE: this folder belongs to the collection and may change at any time. Do not import it from outside.

"""The resources: one declaration each, and what is special about them."""
