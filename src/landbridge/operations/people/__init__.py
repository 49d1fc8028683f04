"""Who gets a parcel: kept apart from everything else, by country, for as long as it is needed and no longer."""
