"""Plans of tasks, drawn from all that the workflow makes."""

from hypothesis import strategies as st

from chalicelib.pipeline.workflow import audio_plan, rewrite_plan, story_plan

plans = st.one_of(
    st.builds(story_plan, st.integers(1, 50), enhance=st.booleans(), audio=st.booleans()),
    st.builds(audio_plan, st.sets(st.integers(1, 50), min_size=1)),
    st.builds(rewrite_plan, st.integers(1, 50), enhance=st.booleans()),
)
