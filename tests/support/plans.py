"""Plans of tasks, drawn from all that the workflow makes."""

from hypothesis import strategies as st

from chalicelib.pipeline.stages import audio_plan, book_plan, rewrite_plan, story_plan

plans = st.one_of(
    st.builds(story_plan, st.integers(1, 50), enhance=st.booleans(), audio=st.booleans()),
    st.builds(audio_plan, st.sets(st.integers(1, 50), min_size=1)),
    st.just(book_plan()),
    st.builds(rewrite_plan, st.integers(1, 50), enhance=st.booleans()),
)
