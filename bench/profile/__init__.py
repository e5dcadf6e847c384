"""The profile of a machine: what each stage costs there, as a calibration measured it.

Calibrating and sizing meet only through this file, so that a machine can be measured here and a
deployment on it be sized anywhere.
"""
